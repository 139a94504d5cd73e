"""Convolutions and pooling as ops: fused against composed, both filters, ties, and how images are stored."""

import itertools

import numpy as np
import pytest
from conftest import numbers
from op_rows.convolution import CONV2D, POOLED

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor, convolution, filters
from zen_cli.autodiff.convolution import as_images, stored
from zen_cli.autodiff.filters import Direct, Minimal, filter_for


@pytest.fixture(params=["Direct", "Minimal"])
def filter_class(request, monkeypatch):
    """Makes every convolution that can take this filter."""
    fewest = 1 if request.param == "Minimal" else np.inf
    monkeypatch.setattr(filters, "FEWEST_TERMS", fewest)
    monkeypatch.setattr(convolution, "FEWEST_TO_WEAVE", 1)
    return {"Direct": Direct, "Minimal": Minimal}[request.param]


@pytest.fixture(params=[1, 2**18], ids=["row by row", "all rows"])
def cached(request, monkeypatch):
    monkeypatch.setattr(convolution, "CACHED", request.param)


def value_and_gradients(op, arrays, settings, grad=None):
    inputs = [Tensor(x) for x in arrays]
    out = op(*inputs, *settings)
    out.backward(numbers(*out.shape) if grad is None else grad)
    return [out.value, *(x.grad for x in inputs)]


def assert_twins(fused, composed, arrays, settings):
    found, expected = (value_and_gradients(op, arrays, settings) for op in (fused, composed))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10, strict=True)


# --- fused against composed ---

# kernels three wide, on even and odd widths, as `Minimal` takes them, and strides, paddings, dilations of the height
THREE_WIDE = [
    ([(5, 4, 6, 3), (3, 3, 3, 4), (4,)], ()),
    ([(2, 3, 7, 2), (1, 3, 2, 3), (3,)], ()),
    ([(2, 3, 3, 2), (2, 3, 2, 1), (1,)], ()),
    ([(3, 7, 4, 2), (2, 3, 2, 2), (2,)], ((2, 1), ((1, 0), (0, 1)), (2, 1))),
    ([(2, 5, 5, 2), (3, 3, 2, 2), (2,)], ((1, 1), ((1, 1), (1, 1)))),
    ([(2, 5, 2, 2), (3, 3, 2, 2), (2,)], ((3, 1), ((1, 1), (2, 2)))),
]
SIZES = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (2, 3)]


def outputs_of(shapes, settings):
    """Height and width of what the convolution gives."""
    return ad.conv2d(*map(np.zeros, shapes), *settings).shape[1:3]


TO_POOL = [
    (*case, size)
    for case, size in itertools.product(THREE_WIDE[:-1], SIZES)
    if all(n >= k for n, k in zip(outputs_of(*case), size, strict=True))
]


@pytest.mark.usefixtures("filter_class", "cached")
@pytest.mark.parametrize(("shapes", "settings"), [*CONV2D[:-1], *THREE_WIDE])
def test_conv2d_is_its_twin(shapes, settings):
    assert_twins(ad.conv2d, ad.conv2d_composed, [numbers(*shape) for shape in shapes], settings)


@pytest.mark.usefixtures("filter_class", "cached")
@pytest.mark.parametrize(("shapes", "settings", "size"), TO_POOL)
def test_pooled_convolution_is_its_twin(shapes, settings, size):
    arrays = [numbers(*shape) for shape in shapes]
    assert_twins(ad.conv2d_max_pool, ad.conv2d_max_pool_composed, arrays, (size, *settings))


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "phases", "found"),
    [
        ((3, 3, 16, 1), 1, 1, 2, Minimal),
        ((1, 3, 99, 1), 1, 1, 2, Minimal),
        ((3, 3, 13, 1), 1, 1, 2, Direct),
        ((1, 3, 39, 1), 1, 1, 2, Direct),
        ((3, 2, 16, 1), 1, 1, 2, Direct),
        ((3, 3, 16, 1), 2, 1, 2, Direct),
        ((3, 3, 16, 1), 1, 2, 2, Direct),
        ((3, 3, 16, 1), 1, 1, 3, Direct),
    ],
)
def test_minimal_filter_is_for_three_taps_side_by_side(kernel, stride, dilation, phases, found):
    assert type(filter_for(kernel, stride, dilation, phases, 4)) is found


def test_conv2d_weaves_two_phases_where_rows_channels_and_images_are_many(monkeypatch):
    made = []
    monkeypatch.setattr(convolution, "filter_for", lambda *args: made.append(filter_for(*args)) or made[-1])
    for batch, rows, channels in ((32, 3, 16), (31, 3, 16), (512, 3, 1), (32, 1, 48)):
        ad.conv2d(numbers(batch, 3, 5, channels), numbers(rows, 3, channels, 2), numbers(2))
    assert [type(one) for one in made] == [Minimal, Direct, Direct, Direct]


@pytest.mark.parametrize(("rows", "height"), [(1, 3), (2, 2), (10, 1)])
def test_blocks_cover_all_rows_and_hold_as_many_as_the_cache(monkeypatch, rows, height):
    monkeypatch.setattr(convolution, "CACHED", 2 * 4 * 5 * height * rows)  # N = 2, W' = 4, B = 5
    conv = convolution.Convolution(
        numbers(5, 12, 4, 1), numbers(1, 1, 1, 2), (1, 1), convolution.NO_PADDING, (1, 1), (1, 12, 4)
    )
    blocks = conv.blocks(height)
    assert [i for block in blocks for i in range(12 // height)[block]] == [*range(12 // height)]
    assert max(block.stop - block.start for block in blocks) == min(rows, 12 // height)


@pytest.mark.usefixtures("filter_class")
def test_float32_is_near_float64():
    arrays = [numbers(8, 9, 9, 32), numbers(3, 3, 32, 16), numbers(16)]
    exact = value_and_gradients(ad.conv2d_max_pool, arrays, ((2, 2),), np.ones((8, 3, 3, 16)))
    small = [x.astype(np.float32) for x in arrays]
    for a, b in zip(value_and_gradients(ad.conv2d, small, ()), value_and_gradients(ad.conv2d, arrays, ()), strict=True):
        assert a.dtype == np.float32
        assert np.abs(a - b).max() < 1e-5 * np.abs(b).max()
    value = ad.conv2d_max_pool(*small, (2, 2)).value
    assert np.abs(value - exact[0]).max() < 1e-5 * np.abs(exact[0]).max()


def test_an_image_smaller_than_the_kernel_is_refused():
    with pytest.raises(ValueError, match="window"):
        ad.conv2d(numbers(1, 2, 5, 1), numbers(3, 3, 1, 1), numbers(1))


@pytest.mark.usefixtures("filter_class")
@pytest.mark.parametrize(("op", "settings"), [(ad.conv2d, ()), (ad.conv2d_max_pool, ((2, 2),))])
def test_no_images_give_no_outputs_and_no_gradients(op, settings):
    value, *gradients = value_and_gradients(op, [numbers(0, 5, 5, 2), numbers(2, 3, 2, 3), numbers(3)], settings)
    assert value.shape == (0, *op(numbers(1, 5, 5, 2), numbers(2, 3, 2, 3), numbers(3), *settings).shape[1:])
    assert not any(g.any() for g in gradients)


# --- pooling ---


def test_of_equal_cells_the_first_row_by_row_gets_the_gradient():
    image = np.array([[1.0, 1, 3], [1, 1, 3], [2, 3, 3]])
    cases = [
        ((3, 3), None, [[0, 0, 1], [0, 0, 0], [0, 0, 0]]),
        ((2, 2), (1, 1), [[1, 0, 1], [0, 0, 1], [0, 1, 0]]),
        ((1, 3), None, [[0, 0, 1], [0, 0, 1], [0, 1, 0]]),
        ((2, 1), (1, 1), [[1, 1, 1], [0, 0, 1], [1, 1, 0]]),
    ]
    for size, stride, expected in cases:
        x = Tensor(image[None, :, :, None])
        y = ad.max_pool(x, size, stride)
        y.backward(np.ones(y.shape))
        np.testing.assert_array_equal(x.grad[0, :, :, 0], expected, err_msg=f"{size} {stride}")


@pytest.mark.usefixtures("filter_class")
@pytest.mark.parametrize("size", SIZES)
def test_equal_outputs_of_a_pooled_convolution_share_as_max_pool_does(size):
    arrays = [np.random.default_rng(0).integers(0, 2, shape) * 2.0 for shape in ((3, 6, 9, 4), (2, 3, 4, 3), (3,))]
    assert_twins(ad.conv2d_max_pool, ad.conv2d_max_pool_composed, arrays, (size,))


def test_not_a_number_stays_visible_through_pooling():
    x = numbers(1, 4, 4, 1)
    x[0, 1, 0, 0] = np.nan
    for y in (ad.max_pool(x, (2, 2)), ad.conv2d_max_pool(x, np.ones((1, 1, 1, 1)), np.zeros(1), (2, 2))):
        assert np.isnan(y.value[0, :, :, 0]).tolist() == [[True, False], [False, False]]


# --- how images are stored ---


@pytest.mark.parametrize("op", [ad.conv2d, lambda x, w, b: ad.conv2d_max_pool(x, w, b, (2, 2))])
def test_outputs_lie_as_the_next_convolution_needs_them(op):
    x, w, b = numbers(4, 6, 7, 2), numbers(2, 2, 2, 3), numbers(3)
    y = op(x, w, b).value
    assert np.shares_memory(stored(y), y)
    relued = ad.relu(y).value
    assert np.shares_memory(stored(relued), relued)


def test_images_are_stored_and_viewed_without_a_change():
    x = numbers(2, 3, 4, 5)
    np.testing.assert_array_equal(as_images(stored(x)), x)
    assert stored(x).shape == (3, 5, 4, 2)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda x: x[::-1].copy()[::-1], lambda x: as_images(stored(x))])
def test_any_layout_of_the_images_gives_the_same(layout):
    arrays = [numbers(2, 5, 6, 3), numbers(2, 3, 3, 2), numbers(2)]
    expected = value_and_gradients(ad.conv2d, arrays, ())
    found = value_and_gradients(ad.conv2d, [layout(arrays[0]), *arrays[1:]], (), layout(numbers(2, 4, 4, 2)))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("op", [ad.conv2d, ad.conv2d_max_pool])
def test_a_constant_input_gets_no_gradient(op, monkeypatch):
    monkeypatch.setattr(convolution.Convolution, "d_x", lambda *_: pytest.fail("the images need no gradient"))
    shapes, settings = POOLED[0]
    x, *weights = [numbers(*shape) for shape in shapes]
    out = op(x, *map(Tensor, weights), *(settings if op is ad.conv2d_max_pool else ()))
    out.backward(np.ones(out.shape))

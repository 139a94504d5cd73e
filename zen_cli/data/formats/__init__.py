"""Files of arrays, images and sequences as arrays: what is declared is checked before it is believed."""

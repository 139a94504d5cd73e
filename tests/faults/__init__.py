"""What lets a training's disk fail, its process be killed and its power be cut, at every operation in turn."""

"""Appeals of residents: the code on the door, the plate, the open door, and reception."""

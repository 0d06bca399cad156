"""Data: code lists, real divisions, and a model sub-district of invented people at real size."""

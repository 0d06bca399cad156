"""What every record has: rules, trail, earlier values, the bin, remarks, files, and many at once."""

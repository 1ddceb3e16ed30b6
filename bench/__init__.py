"""How fast the platform is, as ratios to what the machine could do at best, measured in the same run."""

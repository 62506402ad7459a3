"""Speed and memory, measured as ratios inside one run. Tests never time; this does."""

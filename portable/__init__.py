"""Makes the folder that runs on a laptop without anything installed."""

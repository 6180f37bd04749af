"""The tab of a project at a fixed price: milestones, advances and the final invoice."""

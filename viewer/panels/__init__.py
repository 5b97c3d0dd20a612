"""The parts of the page. Each builds its controls for one browser and says what they do."""

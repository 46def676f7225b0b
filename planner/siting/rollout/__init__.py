"""In which year each measure is taken: rollouts on arrays, with their bound."""

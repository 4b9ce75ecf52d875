"""From a request to events, one folder a kind of output. A pipeline loads weights, runs models and samplers, and keeps no state."""

"""From a pipeline config to a deployed detector: check, train, evaluate, export, detect."""

package journal

// Fail ends the server under e, as if its store had failed.
func Fail(e *Engine) { e.shutdown() }

package app

import "rione/devices/access"

// Tokens returns the tokens of the data folder.
func (r *Registry) Tokens() *access.Tokens { return r.app.tokens }

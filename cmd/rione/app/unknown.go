package app

import "rione/api"

// unknownFields gives the API the counts in its own type.
func (a *App) unknownFields() []api.UnknownField {
	var out []api.UnknownField
	for _, u := range a.unknown.All() {
		out = append(out, api.UnknownField(u))
	}
	return out
}

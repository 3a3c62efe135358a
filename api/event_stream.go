package api

import "github.com/danielgtaylor/huma/v2"

// eventStream describes an answer of server-sent events by what each of them is.
func eventStream(names ...any) map[string]*huma.MediaType {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	event := text("What it is.")
	event.Enum = names
	return map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
		Type: huma.TypeObject, Description: "One event.",
		Properties: map[string]*huma.Schema{"event": event, "data": text("JSON."), "id": text("To continue after it.")},
	}}}
}

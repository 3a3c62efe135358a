package process

import (
	"rione/ingest"
	"rione/ingest/decode/scrub"
)

// noRoute refuses a message that fits no route, with the nearest one as a hint
// and what is known of its body.
func (p *pipeline) noRoute() *ingest.Refusal {
	detail := "no route fits the topic " + p.msg.Topic
	if r, ok := p.routes.Nearest(p.msg.Topic); ok {
		detail += "; the nearest is " + r.Name + " (" + r.Filter + ")"
	}
	if body := scrub.Refused(p.msg.Payload); body != nil {
		detail += "; " + body.Detail
	}
	return ingest.Refuse(ingest.NoRoute, detail)
}

package downlink

import (
	"bytes"
	"encoding/json"
	"strings"

	"rione/ingest"
)

// answerOf reads the answer to a command out of a message, false when it is
// none. It looks at the topic first, so that a usual message costs nothing.
func answerOf(m *ingest.Message) (confirmation, bool) {
	switch {
	case strings.HasPrefix(m.Topic, "sc/v1/") && strings.HasSuffix(m.Topic, "/event"):
		return nativeAnswer(m.Payload)
	case strings.HasPrefix(m.Topic, "application/") && strings.HasSuffix(m.Topic, "/event/ack"):
		return chirpStackAnswer(m.Payload)
	case strings.HasPrefix(m.Topic, "v3/") && strings.Contains(m.Topic, "/down/"):
		return ttsAnswer(m.Topic, m.Payload)
	}
	return confirmation{}, false
}

// maxDetail bounds what is kept of a device's own words, bytes.
const maxDetail = 256

// nativeAnswer reads {"cmd": id, "ok": …, "detail": …}, which stand in an event
// of the device. ok is true when absent.
func nativeAnswer(payload []byte) (c confirmation, is bool) {
	if !bytes.Contains(payload, []byte(`"cmd"`)) {
		return c, false
	}
	var a struct {
		Cmd    string `json:"cmd"`
		OK     *bool  `json:"ok"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(payload, &a) != nil || a.Cmd == "" {
		return c, false
	}
	detail := "the device answered: done"
	if a.OK != nil && !*a.OK {
		detail = "the device answered: refused"
	}
	if a.Detail != "" {
		detail += ": " + strings.ToValidUTF8(a.Detail[:min(len(a.Detail), maxDetail)], "")
	}
	return confirmation{id: a.Cmd, detail: detail}, true
}

// chirpStackAnswer reads an ack event of ChirpStack 4.
func chirpStackAnswer(payload []byte) (c confirmation, is bool) {
	var a struct {
		ID           string `json:"queueItemId"`
		Acknowledged bool   `json:"acknowledged"`
	}
	if json.Unmarshal(payload, &a) != nil || a.ID == "" {
		return c, false
	}
	if !a.Acknowledged {
		return confirmation{id: a.ID, failed: true, detail: "the network sent it and the device did not acknowledge"}, true
	}
	return confirmation{id: a.ID, detail: "the device acknowledged by its network"}, true
}

// ttsAnswer reads down/ack, down/nack and down/failed of The Things Stack 3.
func ttsAnswer(topic string, payload []byte) (c confirmation, is bool) {
	var a struct {
		CorrelationIDs []string `json:"correlation_ids"`
		Ack            struct {
			CorrelationIDs []string `json:"correlation_ids"`
		} `json:"downlink_ack"`
		Nack struct {
			CorrelationIDs []string `json:"correlation_ids"`
		} `json:"downlink_nack"`
		Failed struct {
			Downlink struct {
				CorrelationIDs []string `json:"correlation_ids"`
			} `json:"downlink"`
		} `json:"downlink_failed"`
	}
	if json.Unmarshal(payload, &a) != nil {
		return c, false
	}
	for _, list := range [][]string{a.CorrelationIDs, a.Ack.CorrelationIDs, a.Nack.CorrelationIDs, a.Failed.Downlink.CorrelationIDs} {
		for _, id := range list {
			if own, ours := strings.CutPrefix(id, ttsPrefix); ours {
				c.id = own
			}
		}
	}
	switch topic[strings.LastIndexByte(topic, '/')+1:] {
	case "ack":
		c.detail = "the device acknowledged by its network"
	case "nack":
		c.failed, c.detail = true, "the network sent it and the device did not acknowledge"
	case "failed":
		c.failed, c.detail = true, "the network could not send it"
	default: // queued, sent: on its way
		return confirmation{}, false
	}
	return c, c.id != ""
}

package chirpstack

import (
	"encoding/base64"
	"encoding/hex"

	"github.com/valyala/fastjson"

	"rione/ingest/decode/lorawan"
)

// What version 3 writes otherwise (chirpstack_api 3, as/integration/integration.proto):
// members of deviceInfo stand in the event itself, EUIs are base64 or, by the older
// marshaler, hex digits; the object is JSON in a text, the time publishedAt or the
// gateway's, and the signal-to-noise ratio loRaSNR.

// version3EUI returns the devEUI of an event that has no deviceInfo.
func version3EUI(o *fastjson.Value) (string, bool) {
	text := o.GetStringBytes("devEUI")
	if o.Exists("deviceInfo") {
		return "", false
	}
	if eui, ok := lorawan.EUI(text); ok {
		return eui, true
	}
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	return hex.EncodeToString(raw), err == nil && len(raw) == 8
}

// version3Stamp returns when an event without a time was published, or heard.
func version3Stamp(o *fastjson.Value) lorawan.Stamp {
	return lorawan.StampOf(o.GetStringBytes("publishedAt"), o.GetStringBytes("rxInfo", "0", "time"))
}

// version3Object returns the object that the event holds as text, nil when it
// holds none that is JSON.
func (d *Decoder) version3Object(o *fastjson.Value) *fastjson.Object {
	text := o.GetStringBytes("objectJSON")
	if len(text) == 0 {
		return nil
	}
	v, err := d.inner.ParseObject(text)
	if err != nil {
		return nil
	}
	return v.GetObject()
}

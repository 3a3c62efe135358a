package encode

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/simulator/signal"
)

// sparkplug is Sparkplug B (Eclipse Sparkplug 3.0.0; sparkplug_b.proto of
// Eclipse Tahu). Each device is an edge node: its first message is a birth that
// names the metrics, the following ones are data by alias, and Death is its
// last word. A gateway carries them.
type sparkplug struct{ direct }

var (
	_ Format = sparkplug{}
	_ Mortal = sparkplug{}
)

// Mortal is a format whose devices have a last word.
type Mortal interface {
	// Death returns where the last word of d goes, and what it is.
	Death(d *Device, at time.Time) (topic string, payload []byte)
}

func (sparkplug) Name() string { return "sparkplug-b" }

// Speaks implements Format: kinds with one row of one measurement at a time.
func (sparkplug) Speaks(kind string) bool {
	switch kind {
	case "air", "noise", "weather", "water", "light", "bin":
		return true
	}
	return false
}

// Carried implements Format.
func (sparkplug) Carried() bool { return true }

// Identity implements Format: group and node.
func (sparkplug) Identity(d *Device, _ uint64) string { return d.Comune + "/" + d.ID }

// Trim implements Format: a metric has a name and no tags.
func (sparkplug) Trim(rs *signal.Readings) {
	rs.Filter(func(measurement, _ string) bool { return measurement != "device" })
	for i := range rs.All() {
		rs.All()[i].Tags = nil
	}
}

// Topic implements Format.
func (sparkplug) Topic(d *Device, seq uint64) string {
	if seq == 1 {
		return sparkplugTopic(d, "NBIRTH")
	}
	return sparkplugTopic(d, "NDATA")
}

func sparkplugTopic(d *Device, kind string) string {
	return "spBv1.0/" + d.Comune + "/" + kind + "/" + d.ID
}

// Field numbers of sparkplug_b.proto, and the data types that are used.
const (
	sparkplugTime, sparkplugMetric, sparkplugSeq                    = 1, 2, 3
	metricName, metricAlias, metricTime, metricType                 = 1, 2, 3, 4
	metricProperties, metricLong, metricDouble                      = 9, 11, 13
	propertyKey, propertyValue, propertyType, propertyString        = 1, 2, 1, 8
	typeInt64, typeUint64, typeDouble, typeString            uint64 = 4, 8, 10, 12
)

// sparkplugUnits are the engUnits of the birth, by field, as makers write them.
var sparkplugUnits = map[string]string{
	"temp_c": "°C", "rh_pct": "%", "press_hpa": "hPa", "pm1_ugm3": "µg/m³", "pm25_ugm3": "µg/m³", "pm10_ugm3": "µg/m³",
	"no2_ugm3": "µg/m³", "o3_ugm3": "µg/m³", "so2_ugm3": "µg/m³", "c6h6_ugm3": "µg/m³", "co_mgm3": "mg/m³", "co2_ppm": "ppm",
	"wind_ms": "m/s", "gust_ms": "m/s", "level_m": "m", "distance_m": "m", "energy_kwh": "kWh", "power_w": "W",
}

// Append implements Format.
func (sparkplug) Append(dst []byte, m *Message) []byte {
	birth := m.Seq == 1
	dst = protowire.AppendVarint(protowire.AppendTag(dst, sparkplugTime, protowire.VarintType), uint64(m.Time.UnixMilli()))
	if birth {
		dst = appendBdSeq(dst)
	}
	var metric []byte
	alias := uint64(1)
	for i := range m.Readings {
		for _, v := range m.Readings[i].Values {
			metric = appendMetric(metric[:0], m, &v, alias, birth)
			dst = protowire.AppendBytes(protowire.AppendTag(dst, sparkplugMetric, protowire.BytesType), metric)
			alias++
		}
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, sparkplugSeq, protowire.VarintType), (m.Seq-1)%256)
}

func appendMetric(dst []byte, m *Message, v *signal.Value, alias uint64, birth bool) []byte {
	if birth {
		dst = protowire.AppendString(protowire.AppendTag(dst, metricName, protowire.BytesType), "Sensors/"+v.Field)
	}
	dst = appendVarint(dst, metricAlias, alias)
	dst = appendVarint(dst, metricTime, uint64(m.Time.UnixMilli()))
	if birth && sparkplugUnits[v.Field] != "" {
		dst = appendUnit(dst, sparkplugUnits[v.Field])
	}
	if v.Int {
		return appendVarint(appendVarint(dst, metricType, typeInt64), metricLong, uint64(int64(v.Num)))
	}
	dst = appendVarint(dst, metricType, typeDouble)
	return protowire.AppendFixed64(protowire.AppendTag(dst, metricDouble, protowire.Fixed64Type), math.Float64bits(v.Num))
}

func appendVarint(dst []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), v)
}

// appendUnit appends the property engUnit.
func appendUnit(dst []byte, unit string) []byte {
	value := appendVarint(nil, propertyType, typeString)
	value = protowire.AppendString(protowire.AppendTag(value, propertyString, protowire.BytesType), unit)
	set := protowire.AppendString(protowire.AppendTag(nil, propertyKey, protowire.BytesType), "engUnit")
	set = protowire.AppendBytes(protowire.AppendTag(set, propertyValue, protowire.BytesType), value)
	return protowire.AppendBytes(protowire.AppendTag(dst, metricProperties, protowire.BytesType), set)
}

// appendBdSeq appends the number that ties a death to its birth.
func appendBdSeq(dst []byte) []byte {
	metric := protowire.AppendString(protowire.AppendTag(nil, metricName, protowire.BytesType), "bdSeq")
	metric = appendVarint(appendVarint(metric, metricType, typeUint64), metricLong, 0)
	return protowire.AppendBytes(protowire.AppendTag(dst, sparkplugMetric, protowire.BytesType), metric)
}

// Death implements Mortal. A death has no sequence.
func (sparkplug) Death(d *Device, at time.Time) (topic string, payload []byte) {
	return sparkplugTopic(d, "NDEATH"), appendBdSeq(appendVarint(nil, sparkplugTime, uint64(at.UnixMilli())))
}

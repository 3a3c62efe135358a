package api

import (
	"context"

	"rione/ingest/schema"
)

// SchemaView is the contract of data, as far as devices' readings go.
type SchemaView struct {
	CommonTags   []string          `json:"common_tags" doc:"Tags that every point of a device has."`
	CommonFields []FieldView       `json:"common_fields"`
	Measurements []MeasurementView `json:"measurements"`
}

// MeasurementView describes a measurement.
type MeasurementView struct {
	Name   string      `json:"name"`
	Doc    string      `json:"doc"`
	Tags   []TagView   `json:"tags"`
	Fields []FieldView `json:"fields"`
}

// TagView describes a tag of a measurement.
type TagView struct {
	Name   string   `json:"name"`
	Doc    string   `json:"doc"`
	Values []string `json:"values,omitempty" doc:"The only values; any when absent."`
}

// FieldView describes a field.
type FieldView struct {
	Name string   `json:"name"`
	Type string   `json:"type" enum:"float,integer,string"`
	Role string   `json:"role" enum:"gauge,counter,state"`
	Unit string   `json:"unit,omitempty" doc:"UCUM"`
	Doc  string   `json:"doc"`
	Min  *float64 `json:"min,omitempty" doc:"Least plausible value."`
	Max  *float64 `json:"max,omitempty" doc:"Greatest plausible value."`
}

func describeSchema(context.Context, *none) (*body[SchemaView], error) {
	view := SchemaView{CommonTags: schema.CommonTags(), CommonFields: fieldViews(schema.CommonFields())}
	for _, m := range schema.All() {
		mv := MeasurementView{Name: m.Name, Doc: m.Doc, Tags: []TagView{}, Fields: fieldViews(m.Fields)}
		for _, t := range m.Tags {
			mv.Tags = append(mv.Tags, TagView{Name: t.Name, Doc: t.Doc, Values: t.Values})
		}
		view.Measurements = append(view.Measurements, mv)
	}
	return &body[SchemaView]{Body: view}, nil
}

func fieldViews(fields []schema.Field) []FieldView {
	views := make([]FieldView, len(fields))
	for i, f := range fields {
		v := FieldView{Name: f.Name, Type: f.Type.String(), Role: [...]string{"gauge", "counter", "state"}[f.Role], Unit: f.Unit, Doc: f.Doc}
		if f.Ranged() {
			v.Min, v.Max = &fields[i].Min, &fields[i].Max
		}
		views[i] = v
	}
	return views
}

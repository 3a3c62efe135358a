package influxql

import (
	"fmt"

	"rione/ingest/schema"
)

// perDecibel is ln 10 / 10: exp(perDecibel·L) is the energy of a level L in dB.
// perDegree is π / 180.
const (
	perDecibel = "0.23025850929940458"
	perDegree  = "0.017453292519943295"
)

// Offers tells whether windows of a rollup say what function returns of the
// readings behind them, for a field of that fold.
func Offers(function string, fold schema.Fold) bool {
	level := fold == schema.FoldMean || fold == schema.FoldSum
	switch function {
	case "count":
		return fold != schema.FoldNone
	case "sum":
		return level
	case "min", "max":
		return level || fold == schema.FoldEnergetic
	case "mean":
		return level || fold == schema.FoldEnergetic || fold == schema.FoldCircular
	}
	return false
}

// OfReadings selects function of a field of readings under the field's name. The
// mean of levels in dB is that of their energy, the mean of directions that of
// unit vectors; every reading counts alike.
func (q *Query) OfReadings(function, name string, fold schema.Fold) *Query {
	field := quoteIdent(name)
	switch {
	case function == "mean" && fold == schema.FoldEnergetic:
		e := q.part(name+" e", "exp("+field+" * "+perDecibel+")")
		return q.as(name, "10 * log10(mean("+e+"))")
	case function == "mean" && fold == schema.FoldCircular:
		s := q.part(name+" s", "sin("+field+" * "+perDegree+")")
		c := q.part(name+" c", "cos("+field+" * "+perDegree+")")
		return q.as(name, direction("mean", s, c))
	}
	q.inner = append(q.inner, field)
	return q.Aggregate(function, name)
}

// OfWindows selects, of windows of a rollup, what OfReadings selects of the
// readings behind them. Offers tells where it can.
func (q *Query) OfWindows(function, name string, fold schema.Fold) *Query {
	q.nested = true
	stat := func(s string) string { return quoteIdent(name + "_" + s) }
	n, mean := stat(schema.StatN), stat(schema.StatMean)
	switch function {
	case "count":
		return q.as(name, "sum("+q.part(name+" n", n)+")")
	case "min", "max":
		return q.as(name, function+"("+q.part(name+" m", stat(function))+")")
	case "sum":
		return q.as(name, "sum("+q.part(name+" s", mean+" * "+n)+")")
	}
	all := "sum(" + q.part(name+" n", n) + ")"
	switch fold {
	case schema.FoldEnergetic:
		e := q.part(name+" e", "exp("+mean+" * "+perDecibel+") * "+n)
		return q.as(name, "10 * log10(sum("+e+") / "+all+")")
	case schema.FoldCircular:
		weight := " * " + stat(schema.StatSteady) + " * " + n
		s := q.part(name+" s", "sin("+mean+" * "+perDegree+")"+weight)
		c := q.part(name+" c", "cos("+mean+" * "+perDegree+")"+weight)
		return q.as(name, direction("sum", s, c))
	}
	return q.as(name, "sum("+q.part(name+" s", mean+" * "+n)+") / "+all)
}

// direction is that of a vector, in degrees from 0 to 360: the angle of the
// opposite vector, turned by half a circle.
func direction(function, sin, cos string) string {
	return fmt.Sprintf("180 + atan2(%s(%s) * -1, %s(%s) * -1) / %s", function, sin, function, cos, perDegree)
}

// part selects an expression of each row, for an aggregate to be made of, and
// returns its quoted name. No field of the schema has a space in its name.
func (q *Query) part(name, expression string) string {
	q.nested = true
	q.inner = append(q.inner, expression+" AS "+quoteIdent(name))
	return quoteIdent(name)
}

func (q *Query) as(name, expression string) *Query {
	q.columns = append(q.columns, expression+" AS "+quoteIdent(name))
	return q
}

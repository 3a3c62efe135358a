package sensorthings

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// function is one of the standard's functions (OGC 18-088, table 24). It has no
// value (nil) for arguments that it is not made for.
type function struct {
	least, most int
	call        func(args []any) any
}

//nolint:gochecknoglobals // a table that nobody changes
var functions = map[string]function{
	"substringof": {2, 2, texts(func(a, b string) any { return strings.Contains(b, a) })},
	"contains":    {2, 2, texts(func(a, b string) any { return strings.Contains(a, b) })},
	"endswith":    {2, 2, texts(func(a, b string) any { return strings.HasSuffix(a, b) })},
	"startswith":  {2, 2, texts(func(a, b string) any { return strings.HasPrefix(a, b) })},
	"indexof":     {2, 2, texts(indexOf)},
	"concat":      {2, 2, texts(func(a, b string) any { return a + b })},
	"length":      {1, 1, text(func(s string) any { return float64(utf8.RuneCountInString(s)) })},
	"tolower":     {1, 1, text(func(s string) any { return strings.ToLower(s) })},
	"toupper":     {1, 1, text(func(s string) any { return strings.ToUpper(s) })},
	"trim":        {1, 1, text(func(s string) any { return strings.TrimSpace(s) })},
	"substring":   {2, 3, substring},

	"year":               {1, 1, moment(func(t time.Time) any { return float64(t.Year()) })},
	"month":              {1, 1, moment(func(t time.Time) any { return float64(t.Month()) })},
	"day":                {1, 1, moment(func(t time.Time) any { return float64(t.Day()) })},
	"hour":               {1, 1, moment(func(t time.Time) any { return float64(t.Hour()) })},
	"minute":             {1, 1, moment(func(t time.Time) any { return float64(t.Minute()) })},
	"second":             {1, 1, moment(func(t time.Time) any { return float64(t.Second()) })},
	"fractionalseconds":  {1, 1, moment(func(t time.Time) any { return float64(t.Nanosecond()) / 1e9 })},
	"date":               {1, 1, moment(func(t time.Time) any { return t.Format(time.DateOnly) })},
	"time":               {1, 1, moment(func(t time.Time) any { return t.Format("15:04:05.999999999") })},
	"totaloffsetminutes": {1, 1, moment(func(time.Time) any { return 0.0 })},
	"now":                {0, 0, func([]any) any { return time.Now().UTC() }},
	"mindatetime":        {0, 0, func([]any) any { return time.Unix(0, math.MinInt64).UTC() }},
	"maxdatetime":        {0, 0, func([]any) any { return time.Unix(0, math.MaxInt64).UTC() }},

	"round":   {1, 1, number(math.Round)},
	"floor":   {1, 1, number(math.Floor)},
	"ceiling": {1, 1, number(math.Ceil)},

	"geo.distance":   {2, 2, geometries(func(a, b *geometry) any { return distance(a, b) })},
	"geo.length":     {1, 1, func(args []any) any { return length(args[0]) }},
	"geo.intersects": {2, 2, geometries(func(a, b *geometry) any { return meets(a, b) })},
	"st_intersects":  {2, 2, geometries(func(a, b *geometry) any { return meets(a, b) })},
	"st_disjoint":    {2, 2, geometries(func(a, b *geometry) any { return !truth(meets(a, b)) })},
	"st_equals":      {2, 2, geometries(func(a, b *geometry) any { return equal(a, b) })},
	"st_within":      {2, 2, geometries(func(a, b *geometry) any { return within(a, b) })},
	"st_contains":    {2, 2, geometries(func(a, b *geometry) any { return within(b, a) })},
	"st_touches":     {2, 2, geometries(func(a, b *geometry) any { return truth(meets(a, b)) && !truth(within(a, b)) && !truth(within(b, a)) })},
	"st_overlaps":    {2, 2, geometries(func(_, _ *geometry) any { return false })}, // never with a point
	"st_crosses":     {2, 2, geometries(func(_, _ *geometry) any { return false })},
}

func texts(f func(a, b string) any) func([]any) any {
	return func(args []any) any {
		a, okA := args[0].(string)
		b, okB := args[1].(string)
		if !okA || !okB {
			return nil
		}
		return f(a, b)
	}
}

func text(f func(string) any) func([]any) any {
	return func(args []any) any {
		s, ok := args[0].(string)
		if !ok {
			return nil
		}
		return f(s)
	}
}

func moment(f func(time.Time) any) func([]any) any {
	return func(args []any) any {
		t, ok := timeOf(args[0]).(time.Time)
		if !ok {
			return nil
		}
		return f(t.UTC())
	}
}

func number(f func(float64) float64) func([]any) any {
	return func(args []any) any {
		n, ok := args[0].(float64)
		if !ok {
			return nil
		}
		return f(n)
	}
}

func geometries(f func(a, b *geometry) any) func([]any) any {
	return func(args []any) any {
		a, okA := args[0].(*geometry)
		b, okB := args[1].(*geometry)
		if !okA || !okB {
			return nil
		}
		return f(a, b)
	}
}

func indexOf(a, b string) any {
	i := strings.Index(a, b)
	if i < 0 {
		return -1.0
	}
	return float64(utf8.RuneCountInString(a[:i]))
}

func substring(args []any) any {
	s, ok := args[0].(string)
	from, isNumber := args[1].(float64)
	if !ok || !isNumber {
		return nil
	}
	runes := []rune(s)
	start := min(max(int(max(min(from, math.MaxInt32), 0)), 0), len(runes))
	end := len(runes)
	if len(args) == 3 {
		n, isNumber := args[2].(float64)
		if !isNumber || n < 0 {
			return nil
		}
		end = min(start+int(min(n, math.MaxInt32)), len(runes))
	}
	return string(runes[start:end])
}

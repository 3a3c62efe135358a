package api

import (
	"net/http"
	"net/url"
	"slices"

	"rione/api/problem"

	"github.com/danielgtaylor/huma/v2"
)

// knownParameters refuses query parameters that the operation does not have, is
// given twice, or is given without the value that its type asks for: a misspelt
// filter would otherwise answer with everything.
func knownParameters(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		u := ctx.URL()
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			_ = huma.WriteErr(api, ctx, http.StatusBadRequest, "the query cannot be read: "+err.Error())
			return
		}
		for name, values := range query {
			if wrong := wrongParameter(ctx.Operation(), name, values); wrong != "" {
				_ = huma.WriteErr(api, ctx, http.StatusBadRequest, wrong)
				return
			}
		}
		next(ctx)
	}
}

// wrongParameter says what is wrong with a query parameter before its value is
// looked at, "" when nothing is.
func wrongParameter(op *huma.Operation, name string, values []string) string {
	i := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
	switch {
	case i < 0:
		return "there is no query parameter " + problem.Short(name) + " here"
	case len(values) > 1:
		return "the query parameter " + name + " is given twice"
	case values[0] == "" && !mayBeEmpty(op.Parameters[i].Schema):
		return "the query parameter " + name + " is empty; give it a value or leave it out"
	}
	return ""
}

// mayBeEmpty tells whether the empty text is of a parameter's type.
func mayBeEmpty(s *huma.Schema) bool {
	switch s.Type {
	case huma.TypeString:
		return s.Format == "" && len(s.Enum) == 0
	case huma.TypeArray:
		return true
	}
	return false
}

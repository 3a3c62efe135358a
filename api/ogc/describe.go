package ogc

import "net/http"

// api answers the API's own description: OpenAPI 3.0, which the standard's
// conformance class asks for.
func (h *Handler) api(w http.ResponseWriter, r *http.Request) {
	version := h.o.Version
	if version == "" {
		version = "dev"
	}
	base := h.base(r)
	h.plain(w, r, openAPIType, map[string]any{
		"openapi": "3.0.3",
		"info": map[string]any{
			"title": "rione: OGC API Features", "version": version,
			"description": "Without a token: what is published as open data. With a token of /v1: what that may see.",
			"license":     map[string]any{"name": "EUPL-1.2"},
		},
		"servers": []any{map[string]any{"url": base}},
		"paths":   paths(),
		"components": map[string]any{
			"securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer"}},
			"parameters":      parameters(),
		},
		"security": []any{map[string]any{}, map[string]any{"token": []string{}}},
	})
}

func paths() map[string]any {
	collection, item := pathParameter("collectionId"), pathParameter("featureId")
	return map[string]any{
		"/":                           operation("landing", "What there is", jsonType),
		"/conformance":                operation("conformance", "Conformance classes", jsonType),
		"/api":                        operation("api", "This description", openAPIType),
		"/collections":                operation("collections", "Collections", jsonType),
		"/collections/{collectionId}": operation("collection", "One collection", jsonType, collection),
		"/collections/{collectionId}/items": operation("items", "Features of a collection", geojsonType, collection,
			reference("limit"), reference("bbox"), reference("bbox-crs"), reference("crs"), reference("datetime"), reference("comune"), reference("cursor")),
		"/collections/{collectionId}/items/{featureId}": operation("item", "One feature", geojsonType, collection, item, reference("crs")),
	}
}

func operation(id, summary, media string, parameters ...any) map[string]any {
	answer := func(what, media string) map[string]any {
		return map[string]any{"description": what, "content": map[string]any{media: map[string]any{"schema": map[string]any{"type": "object"}}}}
	}
	responses := map[string]any{"200": answer(summary, media)}
	for status, what := range map[string]string{"400": "a parameter is unknown or wrong", "401": "the token is not good", "404": "there is no such thing", "429": "too many requests", "503": "the store does not answer"} {
		responses[status] = answer(what, "application/problem+json")
	}
	return map[string]any{"get": map[string]any{
		"operationId": id, "summary": summary, "responses": responses, "parameters": append(parameters, reference("f")),
	}}
}

func pathParameter(name string) map[string]any {
	return map[string]any{"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "string"}}
}

func reference(name string) map[string]any {
	return map[string]any{"$ref": "#/components/parameters/" + name}
}

func parameters() map[string]any {
	query := func(name, what string, schema map[string]any) map[string]any {
		return map[string]any{"name": name, "in": "query", "required": false, "description": what, "schema": schema, "style": "form", "explode": false}
	}
	return map[string]any{
		"f":        query("f", "Encoding.", map[string]any{"type": "string", "enum": []string{"json"}}),
		"limit":    query("limit", "Features of a page.", map[string]any{"type": "integer", "minimum": 1, "maximum": mostItems, "default": defaultLimit}),
		"bbox":     query("bbox", "minLon,minLat,maxLon,maxLat, or six numbers with heights.", map[string]any{"type": "array", "minItems": 4, "maxItems": 6, "items": map[string]any{"type": "number"}}),
		"bbox-crs": query("bbox-crs", "Of bbox.", map[string]any{"type": "string", "format": "uri", "enum": []string{CRS84}}),
		"crs":      query("crs", "Of the answer.", map[string]any{"type": "string", "format": "uri", "enum": []string{CRS84}}),
		"datetime": query("datetime", "RFC 3339 instant, or an interval: start/end, ../end, start/..", map[string]any{"type": "string"}),
		"comune":   query("comune", "ISTAT code.", map[string]any{"type": "string"}),
		"cursor":   query("cursor", "As the next link has it.", map[string]any{"type": "string"}),
	}
}

package grafanatest

// Normalize makes the server give back what it keeps as a server does that has
// its own idea of the format: members that say nothing are left out, and defaults
// stand in what nobody sent. No release does all of it.
func (s *Server) Normalize() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.normalizes = true
}

// normal returns v as the server gives it back.
func (s *Server) normal(v map[string]any) map[string]any {
	if !s.normalizes {
		return v
	}
	out, _ := withoutBlanks(clone(v)).(map[string]any)
	return out
}

// normalPage is normal of a dashboard, and more.
func (s *Server) normalPage(model map[string]any) map[string]any {
	if !s.normalizes {
		return model
	}
	out := s.normal(model)
	out["liveNow"], out["iteration"] = false, 1763791200123
	for _, e := range list(out["panels"]) {
		p := object(e)
		p["pluginVersion"], p["transparent"], p["repeatDirection"] = "13.0.0", false, ""
		for _, step := range list(object(object(object(p["fieldConfig"])["defaults"])["thresholds"])["steps"]) {
			if _, ok := object(step)["value"]; !ok {
				object(step)["value"] = 0
			}
		}
	}
	for _, e := range list(object(out["templating"])["list"]) {
		object(e)["options"] = []any{map[string]any{"text": "Roma", "value": "058091", "selected": true}}
	}
	return out
}

// withoutBlanks leaves out members that are null, false, zero or empty.
func withoutBlanks(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e = withoutBlanks(e); e == nil {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			if e := withoutBlanks(v[i]); e != nil { // a place in a list stays
				v[i] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
	case bool, float64, string:
		if v == false || v == 0.0 || v == "" {
			return nil
		}
	}
	return v
}

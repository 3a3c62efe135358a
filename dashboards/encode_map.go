package dashboards

// mapOptions draws one layer of markers for each query, fitted to the screen.
// The base map is the one that the Grafana is configured with.
func (e *encoder) mapOptions(p Panel) object {
	layers := list{}
	for i, l := range p.Layers {
		layers = append(layers, e.layer(l, refID(i)))
	}
	return object{
		"basemap": object{"config": object{}, "name": "Basemap", "type": "default"},
		"controls": object{
			"mouseWheelZoom": true, "showAttribution": true, "showDebug": false, "showMeasure": false,
			"showScale": true, "showZoom": true,
		},
		"layers": layers, "tooltip": object{"mode": "details"},
		"view": object{
			"allLayers": true, "id": "fit", "lat": 42.5, "lon": 12.5, "noRepeat": false, "padding": 10, "zoom": 12,
		},
	}
}

// layer needs its symbol named: without one Grafana draws nothing.
func (e *encoder) layer(l Layer, ref string) object {
	colour := object{"fixed": blue}
	if l.Colour != "" {
		colour = object{"field": l.Colour, "fixed": Unknown}
	}
	return object{
		"config": object{"showLegend": false, "style": object{
			"color": colour, "opacity": 0.8,
			"rotation":    object{"fixed": 0, "max": 360, "min": -360, "mode": "mod"},
			"size":        object{"fixed": 6, "max": 15, "min": 2},
			"symbol":      object{"fixed": "img/icons/marker/" + string(l.Shape) + ".svg", "mode": "fixed"},
			"symbolAlign": object{"horizontal": "center", "vertical": "center"},
			"textConfig": object{
				"fontSize": 12, "offsetX": 0, "offsetY": 0, "textAlign": "center", "textBaseline": "middle",
			},
		}},
		"filterData": object{"id": "byRefId", "options": ref},
		"location":   object{"latitude": "latitude", "longitude": "longitude", "mode": "coords"},
		"name":       e.text(l.Title), "tooltip": true, "type": "markers",
	}
}

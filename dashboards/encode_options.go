package dashboards

// options returns the options of a panel of its kind, the defaults included.
func (e *encoder) options(p Panel) object {
	switch p.Kind {
	case Stat:
		colour := "value"
		if len(p.Steps) > 0 { // as colouredCell
			colour = "background_solid"
		}
		return object{
			"colorMode": colour, "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
			"percentChangeColorMode": "standard", "reduceOptions": reduce(false), "showPercentChange": false,
			"textMode": "value", "wideLayout": true,
		}
	case Table:
		return e.tableOptions(p)
	case Geomap:
		return e.mapOptions(p)
	case BarGauge:
		return object{
			"displayMode": "basic", "legend": legend(false), "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8,
			"namePlacement": "auto", "orientation": "horizontal", "reduceOptions": reduce(true),
			"showUnfilled": true, "sizing": "auto", "valueMode": "text",
		}
	case StateTimeline:
		return object{
			"alignValue": "left", "legend": legend(true), "mergeValues": true, "perPage": 20, "rowHeight": 0.9,
			"showValue": "auto", "tooltip": tooltip("single"),
		}
	case Markdown:
		return object{
			"code":    object{"language": "plaintext", "showLineNumbers": false, "showMiniMap": false},
			"content": e.text(p.Content), "mode": "markdown",
		}
	default:
		return object{"legend": legend(true), "tooltip": tooltip("multi")}
	}
}

func (e *encoder) tableOptions(p Panel) object {
	sort := list{}
	if p.SortBy != "" {
		sort = append(sort, object{"desc": true, "displayName": e.text(label(p.SortBy))})
	}
	return object{"cellHeight": "sm", "frameIndex": 0, "showHeader": true, "sortBy": sort}
}

func legend(show bool) object {
	return object{"calcs": list{}, "displayMode": "list", "placement": "bottom", "showLegend": show}
}

func tooltip(mode string) object {
	return object{"hideZeros": false, "mode": mode, "sort": "none"}
}

// reduce takes the last value of a column, or each row of it.
func reduce(rows bool) object {
	return object{"calcs": list{"lastNotNull"}, "fields": "", "values": rows}
}

// custom returns the options that every field of a panel has, nil where the
// kind knows none.
func custom(p Panel) object {
	hide := object{"legend": false, "tooltip": false, "viz": false}
	switch p.Kind {
	case TimeSeries:
		return timeSeriesField(p, hide)
	case StateTimeline:
		return object{
			"axisPlacement": "auto", "fillOpacity": 70, "hideFrom": hide, "insertNulls": false, "lineWidth": 0,
			"spanNulls": false,
		}
	case Table:
		return object{
			"align": "auto", "cellOptions": object{"type": "auto"}, "footer": object{"reducers": list{}}, "inspect": false,
		}
	case Geomap:
		return object{"hideFrom": hide}
	default:
		return nil
	}
}

// Gaps up to this long are drawn through: a device that reports every half
// hour is no dotted line. Longer ones stay open, since silence is news.
const spanNullsMillis = 3_600_000

func timeSeriesField(p Panel, hide object) object {
	stacking, fill := "none", 0
	if p.Stacked {
		stacking, fill = "normal", 40
	}
	style := "off"
	if len(p.Steps) > 0 {
		style = "dashed"
	}
	return object{
		"axisBorderShow": false, "axisCenteredZero": false, "axisColorMode": "text", "axisLabel": "",
		"axisPlacement": "auto", "barAlignment": 0, "barWidthFactor": 0.6, "drawStyle": "line", "fillOpacity": fill,
		"gradientMode": "none", "hideFrom": hide, "insertNulls": false, "lineInterpolation": "linear", "lineWidth": 2,
		"pointSize": 5, "scaleDistribution": object{"type": "linear"}, "showPoints": "auto", "showValues": false,
		"spanNulls": spanNullsMillis, "stacking": object{"group": "A", "mode": stacking},
		"thresholdsStyle": object{"mode": style},
	}
}

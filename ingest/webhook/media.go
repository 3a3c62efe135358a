package webhook

import (
	"mime"
	"strings"
)

// foreign tells whether a body says of itself that it is what no format can be:
// a picture, a form with files, a document. Everything else is taken, since
// networks label JSON as text, as a form (which curl does) or not at all.
func foreign(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	class, kind, _ := strings.Cut(media, "/")
	switch class {
	case "image", "audio", "video", "font", "model", "multipart":
		return true
	}
	switch kind {
	case "xml", "html", "css", "javascript", "pdf", "zip", "gzip", "x-gzip", "yaml":
		return true
	}
	return strings.HasSuffix(kind, "+xml") || strings.HasSuffix(kind, "+zip")
}

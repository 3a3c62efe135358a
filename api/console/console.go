// Package console is the operators' web page: a live map of the city's
// devices. It is static files over the API, without a build step, and needs
// nothing from the network but the server it came from.
package console

// Package quantity knows physical quantities, their canonical units and how to
// convert to them.
package quantity

// Unit is a unit of a source, such as "Pa" or "0.1 dBm". The zero Unit stands
// for the canonical unit of the field that a value goes to.
type Unit uint8

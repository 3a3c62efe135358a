package api

// Role is what somebody may do. Each role may do what those before it may.
type Role uint8

// The roles.
const (
	Public        Role = iota // no token at all
	Reader                    // reads devices, readings, the ledger
	Operator                  // also works on quarantine and devices
	Administrator             // also imports, loads boundaries, keeps tokens
)

// Token is a secret that its bearer proves a role with.
type Token struct {
	Name   string // who it was given to; shown in logs, the secret never is
	Secret string
	Role   Role
}

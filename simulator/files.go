package simulator

import "fmt"

// spareFiles are for connections that are just being opened, and for what else
// a process has.
const spareFiles = 2*connectAtOnce + 50

// checkFiles returns what to do when connections are more than the limit of open
// files allows: the many that were opened by then would all have been in vain.
func checkFiles(connections, limit int) error {
	need := connections + spareFiles
	if limit == 0 || need <= limit {
		return nil
	}
	parts := (connections + limit - spareFiles - 1) / max(limit-spareFiles, 1)
	return fmt.Errorf("%d connections need %d open files, and this process may have %d: raise the hard limit (as root: ulimit -Hn %d; systemd: LimitNOFILE=%d), "+
		"or play them in %d processes (--part 1/%d and so on); the broker needs as many", connections, need, limit, need, need, parts, parts)
}

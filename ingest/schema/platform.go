package schema

// Platform is the initiative under which rione tells how it is itself, twice a minute,
// in the measurement indicator: the id is one of the following.
const Platform = "platform"

// The figures of rione itself.
const (
	JournalFilled  = "journal"    // percent of the journal's limit
	ProcessingLag  = "lag"        // age of the oldest record that is not processed, seconds
	ProcessorsUp   = "processors" // percent of the processors of this process that run
	DoorsOpen      = "doors"      // percent of its doors that devices can reach
	QuarantineHeld = "quarantine" // messages in quarantine; the subject is the reason
)

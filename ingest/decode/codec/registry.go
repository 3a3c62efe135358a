package codec

import "slices"

// entry is a codec and what tells that a device needs it.
type entry struct {
	Codec
	words  string // any of these, where a word of a name begins, means the codec
	prefix string // of the devEUI, where the table serves all of the maker's devices
}

// codecs in the order in which they are looked for: models before families.
var codecs = slices.Concat(milesightCodecs, decentlabCodecs, otherCodecs)

var milesightCodecs = []entry{
	{Codec{"milesight-em300-di-hall", milesight(hall)}, "em300dihall milesightem300dihall", ""},
	{Codec{"milesight-em300-di", milesight(em30d)}, "em300di milesightem300di", ""},
	{Codec{"milesight-em300-mld", milesight(mld)}, "em300mld milesightem300mld", ""},
	{Codec{"milesight-em300-cl", milesight(cl)}, "em300cl milesightem300cl", ""},
	{Codec{"milesight-em300", milesight(em300)}, "em300 milesightem300", ""},
	{Codec{"milesight-em320", milesight(em320)}, "em320th em330th milesightem320 milesightem330", ""},
	{Codec{"milesight-em400", milesight(em400)}, "em400 em310udl milesightem400 milesightem310udl", ""},
	{Codec{"milesight-em411", milesight(em411)}, "em411 milesightem411", ""},
	{Codec{"milesight-em410", milesight(em410)}, "em410 milesightem410", ""},
	{Codec{"milesight-em500-smt", milesight(smt)}, "em500smt milesightem500smt", ""},
	{Codec{"milesight-em500-co2", milesight(co2)}, "em500co2 milesightem500co2", ""},
	{Codec{"milesight-em500-pt100", milesight(pt100)}, "em500pt100 milesightem500pt100", ""},
	{Codec{"milesight-em500-lgt", milesight(lgt)}, "em500lgt milesightem500lgt", ""},
	{Codec{"milesight-em500-udl", milesight(udl)}, "em500udl milesightem500udl", ""},
	{Codec{"milesight-em500-swl", milesight(swl)}, "em500swl milesightem500swl", ""},
	{Codec{"milesight-em500-pp", milesight(pp)}, "em500pp milesightem500pp", ""},
	{Codec{"milesight-vs121", milesight(vs121)}, "vs121 milesightvs121", ""},
	{Codec{"milesight-vs13", milesight(vs13)}, "vs132 vs133 vs135 milesightvs13", ""},
	{Codec{"milesight-vs35", milesight(vs35)}, "vs350 vs351 milesightvs35", ""},
	{Codec{"milesight-vs330", milesight(vs330)}, "vs330 vs340 vs341 milesightvs330 milesightvs34", ""},
	{Codec{"milesight-ws20", milesight(ws20)}, "ws202 ws203 milesightws202 milesightws203", ""},
	{Codec{"milesight-ws52", milesight(ws52)}, "ws51 ws52 milesightws51 milesightws52", ""},
	{Codec{"milesight-ws50", milesight(ws50)}, "ws50 milesightws50", ""},
	{Codec{"milesight-ws558", milesight(ws558)}, "ws558 milesightws558", ""},
	{Codec{"milesight-ws101", milesight(ws101)}, "ws101 milesightws101", ""},
	{Codec{"milesight-ws136", milesight(ws136)}, "ws136 ws156 milesightws136 milesightws156", ""},
	{Codec{"milesight-ws301", milesight(ws301)}, "ws301 milesightws301", ""},
	{Codec{"milesight-ws303", milesight(ws303)}, "ws303 milesightws303", ""},
	{Codec{"milesight-gs101", milesight(gs101)}, "gs101 milesightgs101", ""},
	{Codec{"milesight-gs301", milesight(gs301)}, "gs301 milesightgs301", ""},
	{Codec{"milesight-ts101", milesight(ts101)}, "ts101 milesightts101", ""},
	{Codec{"milesight-ts30", milesight(ts30)}, "ts301 ts302 ts30x milesightts30", ""},
	{Codec{"milesight-wt101", milesight(wt101)}, "wt101 milesightwt101", ""},
	{Codec{"milesight-ct10", milesight(ct10)}, "ct101 ct103 ct105 ct10x milesightct10", ""},
	{Codec{"milesight-vs321", milesight(vs321)}, "vs321 milesightvs321", ""},
	{Codec{"milesight-at101", milesight(at101)}, "at101 milesightat101", ""},
	{Codec{"milesight-uc11", milesight(uc11)}, "uc11 milesightuc11", ""},
	{Codec{"milesight-uc300", milesight(uc300)}, "uc300 milesightuc300", ""},
	{Codec{"milesight-uc50", milesight(uc50)}, "uc501 uc502 uc50x milesightuc50", ""},
	{Codec{"milesight-uc51", milesight(uc51)}, "uc511 uc512 uc51x milesightuc51", ""},
	{Codec{"milesight-wts", milesight(wts)}, "wts305 wts505 wts506 milesightwts", ""},
	{Codec{"milesight-am102", milesight(am102)}, "am102 milesightam102", ""},
	{Codec{"milesight-am103", milesight(am103)}, "am103 milesightam103", ""},
	{Codec{"milesight-am10", milesight(am10)}, "am104 am107 milesightam10", ""},
	{Codec{"milesight-am307", milesight(am307)}, "am307 milesightam307", ""},
	{Codec{"milesight-am308", milesight(am308)}, "am308 milesightam308", ""},
	{Codec{"milesight-am319", milesight(am319)}, "am319 milesightam319", ""},
	{Codec{"milesight-am30", milesight(am30)}, "milesightam", ""},
	{Codec{"milesight", milesight(nil)}, "milesight em310 em320 em500 ws201 ws302", "24e124"},
}

var otherCodecs = []entry{
	{Codec{"elsys", elsys}, "elsys ersco2 ers2 erssound erslite erseye ersdesk ersvoc elt2 eltlite emsdesk emsdoor", "a81758"},
	{Codec{"bosch-parking", boschParking}, "boschparking tps110 parkinglotsensor", ""},
	{Codec{"nwave-nps310", nwave(nps310)}, "nps310 nwavenps310", ""},
	{Codec{"nwave-ncc405", nwaveCounter}, "ncc405 nwavencc405", ""},
	{Codec{"nwave-nps405", nwave(nps405)}, "nps405 nwavenps405 nwave", ""},
	{Codec{"cayennelpp", lpp}, "cayenne", ""},
}

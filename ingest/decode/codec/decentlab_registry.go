package codec

// decentlabCodecs are the maker's devices by the names that it gives them: a DL-PM
// is called pm here. A name that begins like another one stands before it.
var decentlabCodecs = func() []entry {
	models := []struct {
		name   string
		groups []group
		also   string // other words that mean it
	}{
		{"pm", dlPM, "decentlabpm"}, {"lp8p", dlLP8P, ""}, {"iam", dlIAM, ""}, {"gmm", dlGMM, ""}, {"ac", dlAC, ""},
		{"sht35", dlSHT35, "dlsht3x"}, {"sht21", dlSHT21, ""}, {"rhc", dlRHC, ""}, {"ds18", dlDS18, ""},
		{"atm41g2", dlATM41G2, ""}, {"atm41", dlATM41, ""}, {"atm22", dlATM22, ""},
		{"tbrg", dlTBRG, ""}, {"pyr", dlPYR, ""}, {"alb", dlALB, ""},
		{"cws2", dlCWS2, ""}, {"cws", dlCWS, ""}, {"wrm", dlWRM, ""}, {"itst", dlITST, ""},

		{"mbx", dlMBX, ""}, {"lid", dlLID, ""}, {"rad", dlRAD, ""},
		{"pr36ctd", dlPR36CTD, ""}, {"pr36", dlPR26, ""}, {"pr26", dlPR26, ""}, {"pr21", dlPR26, ""},
		{"ctd10", dlCTD10, ""}, // and its newer generation, 10B
		{"mes5", dlMES5, ""}, {"ntu", dlNTU, ""}, {"optod", dlOPTOD, ""}, {"pheht", dlPHEHT, ""},

		{"10hs", dl10HS, ""}, {"5te", dl5TE, ""}, {"5tm", dl5TM, ""}, {"gs3", dl5TE, ""}, {"smtp", dlSMTP, ""}, {"sdd", dlSDD, ""},
		{"trs11", dl5TM, ""}, {"trs12", dl5TE, ""}, {"trs21", dlTRS21, ""}, {"isf", dlISF, ""},
		{"zn2", dlZN2, ""}, {"zn1", dlZN1, ""}, {"ifd", dlIFD, ""}, {"isd", dlISD, ""}, {"ilt", dlILT, ""}, {"lws", dlLWS, ""},
		{"par", dlPAR, ""}, {"blg", dlBLG, ""}, {"tp", dlTP, ""},
		{"dlr2002", dlPulses, ""}, {"dlr2010", dlTwoPulses, ""}, {"dlr2003", dlInput, ""}, {"dlr2004", dlInput, ""},
		{"dlr2", dlAnalog, ""}, {"lpw", dlAnalog, ""}, {"kl66", dlFrequencies, ""}, {"dws", dlFrequencies, ""},
	}
	out := make([]entry, len(models))
	for i, m := range models {
		out[i] = entry{Codec: Codec{"decentlab-" + m.name, decentlab(m.groups)}, words: "dl" + m.name + " " + m.also}
	}
	return out
}()

package schemas

import "strings"

// Label is the display text the official releases print for an enum code:
// words in title case, but for the codes that have a label of their own. A code
// nobody here knows gets a label too.
func Label(enumType, name string) string {
	switch enumType {
	case "EvidenceStatus":
		return strings.ToLower(titleCase(name))
	case "ReferenceBuild":
		return strings.Replace(name, "GRCH", "GRCh", 1)
	case "AmpLevel":
		return ampLabel(name)
	}
	switch name {
	case "SENSITIVITYRESPONSE":
		return "Sensitivity/Response"
	case "NA":
		return "N/A"
	case "PUBMED":
		return "PubMed"
	case "ASCO", "ASH":
		return name
	case "GAIN_OF_FUNCTION":
		return "Gain of Function"
	case "LOSS_OF_FUNCTION":
		return "Loss of Function"
	}
	return titleCase(name)
}

// ampLabel takes TIER_I_LEVEL_A apart: Tier I - Level A.
func ampLabel(name string) string {
	if name == "NA" {
		return "Not Applicable"
	}
	tier, found := strings.CutPrefix(name, "TIER_")
	if !found {
		return titleCase(name)
	}
	tier, level, found := strings.Cut(tier, "_LEVEL_")
	if !found {
		return "Tier " + tier
	}
	return "Tier " + tier + " - Level " + level
}

// titleCase takes codes of one writing only, A_CODE: what is lower or mixed
// case already stays as it is.
func titleCase(code string) string {
	if strings.ToUpper(code) != code {
		return code
	}
	words := strings.Split(code, "_")
	for i, word := range words {
		if word != "" {
			words[i] = word[:1] + strings.ToLower(word[1:])
		}
	}
	return strings.Join(words, " ")
}

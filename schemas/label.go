package schemas

import "strings"

// Label is the display text that the official releases print for an enum code: words in title case, except for codes
// with a label of their own. It labels unknown codes, too.
func Label(enumType, name string) string {
	switch enumType {
	case "EvidenceStatus":
		return strings.ToLower(titleCase(name))
	case "ReferenceBuild":
		return strings.Replace(name, "GRCH", "GRCh", 1)
	case "AmpLevel":
		return ampLabel(name)
	}
	if label, ok := labels[name]; ok {
		return label
	}
	return titleCase(name)
}

// labels are those that title case does not give.
var labels = map[string]string{
	"SENSITIVITYRESPONSE": "Sensitivity/Response",
	"NA":                  "N/A",
	"PUBMED":              "PubMed",
	"ASCO":                "ASCO",
	"ASH":                 "ASH",
	"GAIN_OF_FUNCTION":    "Gain of Function",
	"LOSS_OF_FUNCTION":    "Loss of Function",
}

// ampLabel turns TIER_I_LEVEL_A into Tier I - Level A.
func ampLabel(name string) string {
	if name == "NA" {
		return "Not Applicable"
	}
	tier, found := strings.CutPrefix(name, "TIER_")
	if !found {
		return titleCase(name)
	}
	return "Tier " + strings.Replace(tier, "_LEVEL_", " - Level ", 1)
}

// titleCase converts codes in upper case, such as A_CODE. It leaves lower and mixed case unchanged.
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

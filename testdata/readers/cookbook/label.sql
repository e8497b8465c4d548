-- Codes as CIViC prints them, written down by hand.
CREATE MACRO label(code) AS CASE code WHEN 'SENSITIVITYRESPONSE' THEN 'Sensitivity/Response' WHEN 'NA' THEN 'N/A'
  WHEN 'GAIN_OF_FUNCTION' THEN 'Gain of Function' WHEN 'LOSS_OF_FUNCTION' THEN 'Loss of Function'
  ELSE list_aggregate([upper(word[1]) || lower(word[2:]) FOR word IN string_split(code, '_')], 'string_agg', ' ') END;

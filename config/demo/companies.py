from config.demo.kuusi import KUUSI
from config.demo.nordlicht import NORDLICHT
from config.demo.small import FUNKENFLUG, HAFENLICHT, RANTASALO

COMPANIES = (KUUSI, NORDLICHT, RANTASALO, HAFENLICHT, FUNKENFLUG)

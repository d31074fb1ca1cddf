#include "CDeviceMapperHeader.h"

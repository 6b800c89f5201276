// What the sanitizers have to be shown, for they see only what was compiled with them. Nothing here is called: it takes
// the place of functions of the same name.
#pragma once

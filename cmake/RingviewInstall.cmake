# cmake --install: libraries, headers, programs, the CMake package and the pkg-config file.

// The tool that looks people up: extension, name, and whether they can be reached.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/tool.hpp"

namespace parley::tools {

/// What a PBX knows of one of its extensions.
struct ExtensionEntry {
  std::string extension, name;
  std::string presence;  // as the API says it: `available`, `busy`, `offline` …
};

/// Where extensions are looked up: our own agents, or a PBX's database.
class ExtensionDirectory {
 public:
  using Found = std::move_only_function<void(std::vector<ExtensionEntry>)>;

  virtual ~ExtensionDirectory() = default;
  /// Those whose extension is `query`, or whose name has it in it, without regard to case; all for an
  /// empty query. At most `limit`. `found` is called once, on any thread, perhaps from inside; with
  /// nothing when the directory is away.
  virtual void look_up(std::string query, std::size_t limit, Found found) = 0;
};

/// `directory {"query"}` → {"extensions":[{"extension":"2001","name":"Support","presence":"available"}]}
std::shared_ptr<Tool> make_directory();

}  // namespace parley::tools

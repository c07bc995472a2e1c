#include "tools/directory.hpp"

#include <nlohmann/json.hpp>

#include "tools/schema.hpp"

namespace parley::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_query = 100, max_entries = 10;  // more than ten names nobody wants to hear

std::string result_of(const std::vector<ExtensionEntry>& entries) {
  auto found = Json::array();
  for (const auto& entry : entries) {
    if (found.size() >= max_entries) break;
    found.push_back({{"extension", entry.extension}, {"name", entry.name}, {"presence", entry.presence}});
  }
  return Json{{"extensions", std::move(found)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Directory final : public Tool {
 public:
  const speech::ToolDescription& description() const override { return description_; }
  bool has_side_effects() const override { return false; }

  void run(std::string arguments, const ToolContext& context, Done done) override {
    if (const auto defect = schema_defect(description_.parameters, arguments))
      return done(error_result("invalid_arguments", *defect));
    if (context.extensions == nullptr) return done(error_result("no_directory", "nobody keeps a directory"));
    std::string query;
    if (!arguments.empty()) query = Json::parse(arguments).value("query", "");
    if (query.size() > max_query)
      return done(error_result("invalid_arguments", "'query' must have at most 100 characters"));
    context.extensions->look_up(
        std::move(query), max_entries, [executor = context.executor, done = std::move(done)](auto entries) mutable {
          std::move_only_function<void()> tell = [entries = std::move(entries), done = std::move(done)]() mutable {
            done(result_of(entries));
          };
          executor->post(std::move(tell));
        });
  }

 private:
  const speech::ToolDescription description_{
      "directory", "Looks up people who can be called: extension, name, and whether they are available now.",
      R"({"type":"object","properties":{"query":{"type":"string","description":"an extension, or a part of a name; empty: everybody"}}})"};
};

}  // namespace

std::shared_ptr<Tool> make_directory() { return std::make_shared<Directory>(); }

}  // namespace parley::tools

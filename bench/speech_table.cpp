// Measures on-device speech: the table of docs/speech.md.
//
//   speech_table <directory of recordings>     the table, as Markdown
//   speech_table --listen <file.wav> …         what is understood of each through G.711, and what
//   is answered
//
// The recordings are WAV files; what is said stands in a .txt file beside each, or, for digits, in
// its name.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "audio/codec/g711.hpp"
#include "audio/resampler.hpp"
#include "audio/wav.hpp"
#include "providers/local/dialogue.hpp"
#include "providers/local/flite.hpp"
#include "providers/local/moonshine.hpp"
#include "providers/local/polish.hpp"

namespace {

using namespace parley;
namespace local = providers::local;
using Samples = std::vector<std::int16_t>;
using Seconds = std::chrono::duration<double>;

class RunNow final : public speech::JobQueue {
 public:
  bool try_submit(std::move_only_function<void()>&& work) override {
    work();
    return true;
  }
  std::size_t depth() const override { return 0; }
};

struct Clip {
  std::filesystem::path file;
  std::string said;
};

struct Score {
  std::size_t words = 0, wrong = 0, clips = 0;
  double audio_s = 0, work_s = 0;
};

std::vector<std::string> words_of(const std::string& text) {
  static const std::map<std::string, std::string> numerals{{"0", "zero"},  {"1", "one"},  {"2", "two"}, {"3", "three"},
                                                           {"4", "four"},  {"5", "five"}, {"6", "six"}, {"7", "seven"},
                                                           {"8", "eight"}, {"9", "nine"}, {"10", "ten"}};
  std::vector<std::string> out;
  for (const auto& token : local::tokenise(text)) {
    const auto it = numerals.find(token.word);
    out.push_back(it == numerals.end() ? token.word : it->second);
  }
  return out;
}

/// Levenshtein on words.
std::size_t wrong_words(const std::vector<std::string>& said, const std::vector<std::string>& heard) {
  std::vector<std::size_t> row(heard.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= said.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= heard.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (said[i - 1] == heard[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

/// As a telephone passes it on: 8 kHz, µ-law, and up to 16 kHz again.
Samples through_telephone(const Samples& wide) {
  Samples narrow = audio::resample(wide, 16'000, 8'000);
  for (auto& sample : narrow) sample = audio::g711::from_mulaw(audio::g711::mulaw_from(sample));
  return audio::resample(narrow, 8'000, 16'000);
}

std::vector<Clip> clips(const std::filesystem::path& directory, const std::string& prefix) {
  static const std::map<std::string, std::string> cards{{"cards-001", "ten of clubs"},
                                                        {"cards-002", "four queen of clubs"},
                                                        {"cards-003", "seven of clubs"},
                                                        {"cards-004", "five five"},
                                                        {"cards-005", "eight of spades four of clubs seven of hearts"}};
  std::vector<Clip> out;
  for (const auto& entry : std::filesystem::directory_iterator{directory}) {
    const auto& file = entry.path();
    const std::string stem = file.stem();
    if (file.extension() != ".wav" || !stem.starts_with(prefix)) continue;
    std::ifstream text{std::filesystem::path{file}.replace_extension(".txt")};
    std::string said{std::istreambuf_iterator<char>{text}, {}};
    if (said.empty() && cards.contains(stem)) said = cards.at(stem);
    if (said.empty() && stem.starts_with("digit-")) said = stem.substr(6);
    out.push_back({file, said});
  }
  std::sort(out.begin(), out.end(), [](const Clip& a, const Clip& b) { return a.file < b.file; });
  return out;
}

/// Time of all cores and threads: what a busy machine pays, whoever else is at work.
double processor_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string recognise(local::Recogniser& recogniser, const Samples& samples, Score& score) {
  const double begun_s = processor_s();
  const auto heard = recogniser.recognise(samples);
  score.work_s += processor_s() - begun_s;
  score.audio_s += static_cast<double>(samples.size()) / 16'000;
  ++score.clips;
  return heard ? *heard : "(" + heard.error() + ")";
}

void row(local::Recogniser& recogniser, const std::vector<Clip>& set, const std::string& name, bool telephone) {
  Score score;
  std::vector<std::string> mistakes;
  for (const auto& clip : set) {
    auto samples = audio::wav::read(clip.file, 16'000);
    if (!samples) continue;
    const std::string heard = recognise(recogniser, telephone ? through_telephone(*samples) : *samples, score);
    const auto said = words_of(clip.said);
    const std::size_t wrong = wrong_words(said, words_of(heard));
    score.words += said.size();
    score.wrong += wrong;
    if (wrong > 0) mistakes.push_back(fmt::format("\"{}\"", heard));
  }
  fmt::print("| {} | {} | {} of {} | {:.3f} | {} |\n", name, telephone ? "G.711 µ-law" : "16 kHz", score.wrong,
             score.words, score.audio_s > 0 ? score.work_s / score.audio_s : 0, fmt::join(mistakes, ", "));
}

double resident_mb() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

/// Is our own voice understood on a telephone?
void speak_and_listen(local::Recogniser& recogniser) {
  const std::vector<std::string> sentences{
      "Hello, this is Parley. How can I help you?", "You have two things on your list: milk and bread.",
      "I will connect you to a person now.",        "I am sorry, nobody is free at the moment.",
      "Would you like me to take a note for you?",  "What would you like me to write down?",
      "Today is Saturday, the weather is fine.",    "Thank you for calling, and goodbye.",
      "I can tell you the time and the date.",      "Please tell me your name and your number."};
  const auto voice = local::flite_voice();
  Score score;
  double slowest_s = 0, render_s = 0, lead_s = 0;
  for (const auto& sentence : sentences) {
    const double begun_s = processor_s();
    auto rendered = voice->render(sentence);
    if (!rendered) continue;
    Samples narrow = audio::resample(*rendered, voice->rate_hz(), 8'000);
    local::polish(narrow, 8'000);
    const double took = processor_s() - begun_s;
    render_s += took;
    slowest_s = std::max(slowest_s, took);
    const auto audible = std::find_if(narrow.begin(), narrow.end(), [](std::int16_t s) { return s > 300 || s < -300; });
    lead_s = std::max(lead_s, static_cast<double>(audible - narrow.begin()) / 8'000);
    for (auto& sample : narrow) sample = audio::g711::from_mulaw(audio::g711::mulaw_from(sample));
    const std::string heard = recognise(recogniser, audio::resample(narrow, 8'000, 16'000), score);
    const std::size_t wrong = wrong_words(words_of(sentence), words_of(heard));
    score.words += words_of(sentence).size();
    score.wrong += wrong;
    if (wrong > 0) fmt::print("- said \"{}\", understood \"{}\"\n", sentence, heard);
  }
  fmt::print(
      "\nflite slt at 8 kHz µ-law: {} of {} words wrong; {:.3f} core-seconds per second of speech; "
      "the whole sentence is there "
      "after {:.0f} ms (mean) to {:.0f} ms; silence in front at most {:.0f} ms\n",
      score.wrong, score.words, render_s / score.audio_s, 1000 * render_s / static_cast<double>(sentences.size()),
      1000 * slowest_s, 1000 * lead_s);
}

int listen(local::Recogniser& recogniser, std::vector<std::string> files) {
  const auto rules = local::parse_rules(local::default_rules(), "rules.yaml");
  if (!rules) return fmt::print(stderr, "{}\n", rules.error()), 1;
  for (const auto& file : files) {
    const auto samples = audio::wav::read(file, 16'000);
    if (!samples) {
      fmt::print("{}: {}\n", file, audio::wav::to_string(samples.error()));
      continue;
    }
    Score score;
    speech::LlmRequest request;
    for (const char* tool : {"todo_add", "todo_list", "todo_done", "note", "time", "transfer", "end_call"})
      request.tools.push_back({tool, "", ""});
    const std::string heard = recognise(recogniser, through_telephone(*samples), score);
    request.messages.push_back(
        {.role = speech::Message::Role::user, .text = heard, .tool_calls = {}, .tool_call_id = {}});
    const auto reply = local::answer(*rules, request);
    fmt::print("{}: \"{}\" → {}", std::filesystem::path{file}.stem().string(), heard, reply.text);
    for (const auto& call : reply.tool_calls) fmt::print(" [{} {}]", call.name, call.arguments);
    fmt::print("\n");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments{argv + 1, argv + argc};
  if (arguments.empty()) return fmt::print(stderr, "usage: speech_table <directory> | --listen <file.wav> …\n"), 2;

  RunNow pool;
  local::Moonshine moonshine{{}, pool};
  if (!moonshine.missing().empty()) return fmt::print(stderr, "{}\n", moonshine.missing()), 1;
  const auto recogniser = moonshine.recogniser();
  const double before_mb = resident_mb();
  const auto begun = std::chrono::steady_clock::now();
  moonshine.warm_up();
  const double load_s = Seconds{std::chrono::steady_clock::now() - begun}.count();
  if (arguments[0] == "--listen") return listen(*recogniser, {arguments.begin() + 1, arguments.end()});

  fmt::print(
      "| recordings | sound | words wrong | core-seconds per second of audio | misunderstood |\n| "
      "--- | --- | --- | --- | --- |\n");
  for (const auto& [prefix, name] : std::map<std::string, std::string>{{"librivox-", "LibriVox, read sentences"},
                                                                       {"goforward", "a command"},
                                                                       {"cards-", "playing cards"},
                                                                       {"digit-", "single digits"}})
    for (const bool telephone : {false, true}) row(*recogniser, clips(arguments[0], prefix), name, telephone);
  fmt::print("\nload {:.2f} s, {:.0f} MB resident more than before\n\n", load_s, resident_mb() - before_mb);
  speak_and_listen(*recogniser);
  return 0;
}

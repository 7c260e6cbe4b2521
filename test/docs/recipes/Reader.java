import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Reads settings as Java programs do, and prints them. */
class Reader {
  public static void main(String[] words) throws IOException {
    Path path = Path.of(words[1]);
    Map<String, String> found = words[0].equals("tree") ? tree(path) : properties(path);
    found.forEach((name, value) -> System.out.println(name + "\t" + value));
  }

  /** As ConfigTreePropertySource of Spring Boot: links are followed, names that begin with two dots are passed over. */
  private static Map<String, String> tree(Path directory) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (var paths = Files.find(directory, 100, (path, about) -> about.isRegularFile(), FileVisitOption.FOLLOW_LINKS)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Path below = directory.relativize(path);
        if (!below.toString().startsWith("..")) found.put(below.toString().replace('/', '.'), Files.readString(path));
      }
    }
    return found;
  }

  private static Map<String, String> properties(Path file) throws IOException {
    Properties read = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      read.load(in);
    }
    Map<String, String> found = new TreeMap<>();
    read.forEach((name, value) -> found.put(name.toString(), value.toString()));
    return found;
  }
}

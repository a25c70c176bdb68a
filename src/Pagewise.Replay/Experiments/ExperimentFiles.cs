using System.Text;
using Pagewise.Procfs;
using Pagewise.Workloads;

namespace Pagewise.Replay.Experiments;

/// <summary>The files of a recorded experiment, each plain or compressed as <c>NAME.xz</c>.</summary>
/// <param name="directory">The experiment's directory, as the user named it.</param>
internal sealed class ExperimentFiles(string directory)
{
    private const int SizeLimit = 64 << 20;

    /// <summary>The directory.</summary>
    public string Directory => directory;

    /// <summary>Whether a file is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A file's path.</summary>
    /// <exception cref="RecordingException">It is not there.</exception>
    public string PathOf(string name) => Find(name) ?? throw new RecordingException(Path.Combine(directory, name), "is missing: an experiment has it");

    /// <summary>A file's text.</summary>
    /// <exception cref="RecordingException">It is not there or cannot be read.</exception>
    public string Text(string name) => Encoding.UTF8.GetString(InputFile.ReadAllBytes(PathOf(name), SizeLimit));

    /// <summary>A file's lines without their ends.</summary>
    /// <exception cref="RecordingException">It is not there or cannot be read.</exception>
    public string[] Lines(string name)
    {
        string[] lines = Text(name).Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    /// <summary>Reads a file as one of /proc.</summary>
    /// <exception cref="RecordingException">It is not there, cannot be read, or is not what it should be.</exception>
    public T Parse<T>(string name, Func<string, T> parse)
    {
        string text = Text(name);
        try
        {
            return parse(text);
        }
        catch (ProcfsException exception)
        {
            throw new RecordingException(PathOf(name), exception.Line, exception.Column, exception.Expected, exception);
        }
    }

    private string? Find(string name)
    {
        string plain = Path.Combine(directory, name);
        return File.Exists(plain) ? plain : File.Exists(plain + ".xz") ? plain + ".xz" : null;
    }
}

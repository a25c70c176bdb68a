using System.Text;
using Pagewise.Abi;
using Pagewise.Workloads;

namespace Pagewise.Benchmarks;

/// <summary>The shipped recordings, as input of a fixed size for the parse benchmarks.</summary>
internal static class WorkloadsExamples
{
    /// <summary>The path of a file in <c>examples/</c>.</summary>
    public static string Find(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "examples", name);
            if (File.Exists(path))
                return path;
        }

        throw new FileNotFoundException($"examples/{name} is not above {AppContext.BaseDirectory}");
    }

    /// <summary>The calls of <c>examples/ls.strace</c>, over and over, whole lines up to a size.</summary>
    public static byte[] StraceText(int sizeBytes)
    {
        string[] calls = File.ReadLines(Find("ls.strace")).Where(line => !line.StartsWith('#')).ToArray();
        var text = new StringBuilder();
        for (int i = 0; text.Length + calls[i].Length < sizeBytes; i = (i + 1) % calls.Length)
            text.Append(calls[i]).Append('\n');
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>The accesses of <c>examples/python3.pgw</c> as lackey prints them, up to a size; sizes of 4 bytes.</summary>
    public static byte[] LackeyText(int sizeBytes)
    {
        using RecordingReader reader = RecordingReader.Open(Find("python3.pgw"));
        var batch = new EventBatch();
        var text = new StringBuilder();
        while (reader.Read(batch))
        {
            foreach (AccessRun run in batch.AccessRuns.Span)
            {
                string kind = run.Kind switch { AccessKind.Execute => "I  ", AccessKind.Read => " L ", _ => " S " };
                for (uint i = 0; i < run.Count; i++)
                {
                    if (text.Length + 32 > sizeBytes)
                        return Encoding.ASCII.GetBytes(text.ToString());
                    text.Append(kind).Append($"{(run.Address & ~4095UL) | ((run.Address + (4 * i)) & 4092):x8}").Append(",4\n");
                }
            }
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Reads a recording to its end.</summary>
    /// <returns>How many accesses and other events it holds.</returns>
    public static long ReadAll(byte[] recording, EventBatch batch)
    {
        using RecordingReader reader = RecordingReader.Open("benchmark", new MemoryStream(recording));
        long events = 0;
        while (reader.Read(batch))
        {
            events += batch.Events.Count;
            foreach (ref readonly AccessRun run in batch.AccessRuns.Span)
                events += run.Count;
        }

        return events;
    }
}

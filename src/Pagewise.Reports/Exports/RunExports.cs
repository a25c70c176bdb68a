using Pagewise.Reports.RunFiles;

namespace Pagewise.Reports.Exports;

/// <summary>Turns run files into files that other tools open.</summary>
public static class RunExports
{
    /// <summary>The names that commands take, in order of <see cref="ExportFormat"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["perfetto", "chrome-json", "csv", "ftrace", "proc", "openmetrics", "heaptrack", "massif", "dmesg"];

    /// <summary>The format of a name; null: there is none.</summary>
    public static ExportFormat? Find(string name)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
                return (ExportFormat)i;
        }

        return null;
    }

    /// <summary>Writes an export into a directory, which is made where missing; files of the same names are replaced.</summary>
    /// <param name="file">The run file's path.</param>
    /// <param name="format">What to write.</param>
    /// <param name="directory">Where.</param>
    /// <returns>The files written; for many, the directory.</returns>
    /// <exception cref="RunFileException">The run file cannot be read.</exception>
    /// <exception cref="ExportException">It lacks what the export needs.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static string Write(string file, ExportFormat format, string directory)
    {
        if (format == ExportFormat.Csv)
        {
            using RunFileReader reader = RunFileReader.Open(file);
            Directory.CreateDirectory(directory);
            CsvTables.Write(reader, directory);
            return directory;
        }

        RunFile run = RunFileReader.Read(file);
        Directory.CreateDirectory(directory);
        switch (format)
        {
            case ExportFormat.Perfetto:
                return Bytes("trace.perfetto-trace", PerfettoTrace.Write(RunTimeline.Of(run)));
            case ExportFormat.ChromeJson:
                return Bytes("trace.json", ChromeTrace.Write(RunTimeline.Of(run)));
            case ExportFormat.Ftrace:
                FtraceFolder.Write(run, directory);
                return Path.Combine(directory, FtraceFolder.TraceName);
            case ExportFormat.Proc:
                ProcFolder.Write(ProcFolder.Of(run), directory);
                return directory;
            case ExportFormat.OpenMetrics:
                return Text("metrics.txt", OpenMetricsText.Write(ProcFolder.Of(run)));
            case ExportFormat.Heaptrack:
                return Text("heaptrack.txt", HeaptrackText.Write(run));
            case ExportFormat.Massif:
                return Text("massif.out", MassifText.Write(run));
            default:
                return Text("dmesg.txt", run.Documents.GetValueOrDefault("dmesg") ?? "");
        }

        string Bytes(string name, byte[] content)
        {
            string path = Path.Combine(directory, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        string Text(string name, string content)
        {
            string path = Path.Combine(directory, name);
            File.WriteAllText(path, content);
            return path;
        }
    }
}

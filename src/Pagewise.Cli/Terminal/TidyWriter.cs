using System.Text;

namespace Pagewise.Cli.Terminal;

/// <summary>
/// Passes text on without the spaces at the ends of lines, with which tables fill up their last column, and with one
/// empty line where tables leave several.
/// </summary>
internal sealed class TidyWriter(TextWriter inner) : TextWriter
{
    private int _spaces;
    private int _newlines = 1;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        if (value == '\r')
            return;
        if (value == ' ')
        {
            _spaces++;
            return;
        }

        if (value == '\n')
        {
            _spaces = 0;
            if (++_newlines <= 2)
                inner.Write('\n');
            return;
        }

        _newlines = 0;
        for (; _spaces > 0; _spaces--)
            inner.Write(' ');
        inner.Write(value);
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();
}

/// What `-S help` tells of selections.
enum SelectionHelp {
    static let lines = """
        Selection operands
        ------------------
          field               - A field of the list above.
          number              - Digits.
          size                - Digits, perhaps with a point, and a unit; without one they are mebibytes.
          string              - Text in ' or ", or without a blank and an operator.
          regular expression  - The same.
         
        Selection operators
        -------------------
          Comparison operators:
                =~  - The regular expression is found in the field.
                !~  - It is not found there.
                 =  - Equal.
                !=  - Not equal.
                >=  - At least. For numbers and sizes, as those below.
                 >  - More than.
                <=  - At most.
                 <  - Less than.
         
          Logical and grouping operators:
              &&  - Both, also written ,
              ||  - One of the two, also written #
               !  - Not, in front of a parenthesis.
               (  - Left parenthesis
               )  - Right parenthesis
         
        """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
